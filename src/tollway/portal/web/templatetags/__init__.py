"""Template tags, available in every template without `{% load %}`."""
