"""The rendered stand-in for Human3.6M and COCO, written in their own file formats.

`bodies` generates random people, `motions` moves them, `anatomy` turns a pose into joints and solid
parts, `painting` paints the parts, `backdrops` and `rooms` the background, `scenes` combines them,
`studio` holds the studio and its camera, and `people` and `writing` write the files.
"""

FPS = 5
"""Frames a second of the rendered videos."""
MORE_SUBJECTS = ("S2", "S3", "S4", "S10")
"""Human3.6M's subjects whose annotations are not published. Rendered, each is a body of its own,
which acts what S1 acts, for one more stream."""
