"""The imitation of WeChat Pay and of an SMS gateway: a process of its own with books of its own, for demo and tests."""
