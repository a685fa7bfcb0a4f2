"""Expressions: JavaScript between `{{` and `}}`, compiled once and evaluated in process.

Item data is never changed by an expression: one that could change some works on copies
(`compiler/mutation.py` has the rule). Nothing of Python can be reached: every call goes to the
tables in `methods/`.
"""

from alur_engine.expressions.braces import is_expression
from alur_engine.expressions.convert import to_js_string, truthy
from alur_engine.expressions.evaluator import Compiled, CompiledSubset, Engine, Evaluator
from alur_engine.expressions.faults import find_problems
from alur_engine.expressions.jailed import Jailed, JailedJavaScript, helped
from alur_engine.expressions.limits import Limits
from alur_engine.expressions.problems import SyntaxProblem, UnsupportedError
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.template import Template
from alur_engine.expressions.values import UNDEFINED, Json, NodeView, Undefined, Value

__all__ = [
    "UNDEFINED",
    "Compiled",
    "CompiledSubset",
    "Engine",
    "Evaluator",
    "Jailed",
    "JailedJavaScript",
    "Json",
    "Limits",
    "NodeView",
    "Scope",
    "SyntaxProblem",
    "Template",
    "Undefined",
    "UnsupportedError",
    "Value",
    "find_problems",
    "helped",
    "is_expression",
    "to_js_string",
    "truthy",
]
