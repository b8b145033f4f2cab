"""What training runs share: a loop that can be stopped and continued, optimisers, memory."""
