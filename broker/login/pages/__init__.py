"""The pages that users see in a browser: HTML without scripts, in English and German."""
