"""加工: batches and a recipe become a sealed version."""
