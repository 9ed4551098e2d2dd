"""The Python recipe, at the port of the READMEs."""

import os
import runpy
import sys

recipe = os.environ["CLONE"] + "/fixtures/recipes/python"
sys.path.insert(0, recipe)
os.environ.setdefault("PORT", "8000")
runpy.run_path(recipe + "/app.py", run_name="__main__")
