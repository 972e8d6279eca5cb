"""The Smart Charging profile: charging profiles, their stacking and composite schedules."""
