"""Role collections (``…/rolecollections``)."""
