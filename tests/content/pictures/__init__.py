"""Tests of pictures, apart from HTTP."""
