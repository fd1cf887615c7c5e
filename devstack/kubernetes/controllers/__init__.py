"""Readiness controllers that speak the Kubernetes API alone, the stand-in's or a real cluster's."""
