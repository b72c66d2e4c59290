"""What needs attention in a zone or in all zones, and the approval of applications."""
