"""What a real API server answers when modeladmit stands at its door."""
