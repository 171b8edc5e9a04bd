"""May this recipe be bundled, and may this bundle be used?"""
