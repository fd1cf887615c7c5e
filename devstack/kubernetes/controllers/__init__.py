"""Readiness controllers that speak the Kubernetes API alone, so that they serve the stand-in and real clusters alike."""
