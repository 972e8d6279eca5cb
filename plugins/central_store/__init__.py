"""Keeps what a central system knows in an SQLite database, so that it survives a restart.

    [central_system.central_store]
    file = "central.db"

Nothing is answered that is not stored: transactions, registrations and whatever else profiles put
into ``central.store`` (:mod:`ocpp_kernel.central_store`).
"""
