"""What a served page is made of: an avatar, lights and clips."""
