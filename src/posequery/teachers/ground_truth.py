"""Ground truth as a teacher: the clips bring it, so that nothing has to label them."""

from posequery.teachers import Teacher

TEACHER = Teacher("ground truth", label=None, needs=("has_truth",))
