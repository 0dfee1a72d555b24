"""Shell text: which programs it starts, with which words."""
