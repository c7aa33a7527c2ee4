"""What runs inside InvenioRDM."""
