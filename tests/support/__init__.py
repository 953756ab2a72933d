"""Real servers and other support shared by the tests."""
