"""A procedurally clothed subject and its ground truth, rendered by Mitsuba (optional extra `synthetic`)."""
