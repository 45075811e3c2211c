"""Assessment 质检: the catalogue of indicators, plans, and the verdict a plan gives of a version.

Where things are:

    catalogue.py    what indicators there are (data in catalogue/*.yaml)
    plan.py         which of them, with which thresholds, weights and gates (presets in plans/*.yaml)
    indicators*.py  their arithmetic, by form: over rows, over the whole scan, from facts
    static.py       one scan, all indicators
    verdict.py      gates, coverage, score, band; views.py: the same by TC609 codes
"""

from zhuoyu.assess.facts import facts_of
from zhuoyu.assess.indicators import Result
from zhuoyu.assess.plan import Plan, presets
from zhuoyu.assess.static import Assessment, Data, assess

load_plan = Plan.load

__all__ = ["Assessment", "Data", "Plan", "Result", "assess", "facts_of", "load_plan", "presets"]
