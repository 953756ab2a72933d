"""The help centre of Larkfield, a maker of thermostats and lamps that does not exist: one article a file."""
