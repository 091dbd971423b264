"""The faultless reference platform behind what stands in front of real ones."""
