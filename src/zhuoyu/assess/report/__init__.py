"""The report 报告: what a version is made of, in one HTML file that needs no network.

``gather`` reads the rows once and answers with plain JSON; ``render`` makes the page from that JSON alone, so that a page can be
made again, compared and tested without the data.
"""

from zhuoyu.assess.report.gather import gather
from zhuoyu.assess.report.render import render

__all__ = ["gather", "render"]
