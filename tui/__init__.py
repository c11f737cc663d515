"""The console and the command line: screens, widgets, and the composition root."""
