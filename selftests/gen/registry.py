#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The scenarios' names.

A scenario function gets an empty model.Scenario and fills it. Its docstring's
first line is what `skypegen list` shows.
"""

REGISTRY = {}


def scenario(name, **options):
    """Decorator: register a scenario function; options become attributes."""
    def register(function):
        function.options = options
        REGISTRY[name] = function
        return function
    return register
