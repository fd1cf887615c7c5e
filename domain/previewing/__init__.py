"""What a change would come to: objects, disruption, duration. Pure."""
