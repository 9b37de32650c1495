"""Tags of the pages about orders."""
