"""A provider with every fault that a real one may have; its books list every render that it created."""
