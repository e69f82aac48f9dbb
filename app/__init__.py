"""The application: command line, viewer windows and panels over phynes_core."""
