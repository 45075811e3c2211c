"""Collect (采集): what lies in files becomes immutable, digested batches; a batch gives its rows, each led back to its bytes.

request -> uris (walk, globs) -> scan a file -> infer columns -> manifest     land()
manifest -> tasks -> bytes proved -> lines, JSON, CSV, Parquet -> rows        open_batch(), read_many()
"""

from zhuoyu.collect.batch import Batch, Task, open_batch, read_many
from zhuoyu.collect.land import land
from zhuoyu.collect.request import Landed, Request

__all__ = ["Batch", "Landed", "Request", "Task", "land", "open_batch", "read_many"]
