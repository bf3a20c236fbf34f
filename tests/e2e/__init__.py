"""The widgets in a real JupyterLab, in Chromium, against a served Encord."""

import tests.sdk  # noqa: F401 - loads the official SDK, whose import warns of itself
