"""Properties of billing say what is right, not how fast: on a busy machine no example is late."""

from hypothesis import settings

settings.register_profile("billing", deadline=None)
settings.load_profile("billing")
