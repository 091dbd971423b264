"""Hand-written checks: plain pytest tests, a folder per service, a file per section of a document.

A check provokes a condition and judges the answer; the rules judge its exchanges too, so that it never
looks at shapes that a rule knows. It names the requirements that it verifies with `@requirement`.
"""
