"""A folder for PYTHONPATH, with a `sitecustomize` and nothing else."""
