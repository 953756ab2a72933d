"""The policy file: what it may say, how it is read, checked, compared and tested."""
