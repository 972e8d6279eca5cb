"""The Core profile: boot, status, configuration, authorization, transactions, metering."""
