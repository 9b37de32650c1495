"""What the pages about orders read."""
