"""What pages read: one frozen record per thing shown, a fixed number of statements per page."""
