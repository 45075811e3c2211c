"""Hot loops over Arrow buffers, compiled by numba. The compiled code is kept in the workspace, so only a first start pays for it."""

from zhuoyu.settings import quiet_libraries

quiet_libraries()
