"""What is removed or copied away when it has become old."""
