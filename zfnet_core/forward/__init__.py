"""The way upwards: what a network computes from a photo, and in what portions."""
