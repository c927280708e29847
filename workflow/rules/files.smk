# What the rules of each station read, write and are told.


# Sources


def streams_of(name):
    return [
        f"{OUT}/clips/{slug}.h5" for slug, clip in CLIPS.items() if name in clip.streams
    ]


def index_files():
    names = ("pool", "test", "stream") if STUDY.offline else ("stream",)
    return [f"{OUT}/clips/{name}.json" for name in names]


def stems_of(subject):
    found = clips.rendered_sequences(STUDY, subject)
    return [sequence.stem for sequence in found]


@functools.cache
def require_sources():
    """Here and not at the start: `check` runs without, and results may lie apart from a dataset."""
    try:
        clips.require_sources(STUDY, CLIPS, Path(OUT))
    except BadInput as error:
        raise WorkflowError(str(error)) from None


def source_of(wildcards):
    """What a clip is extracted from: files of the stand-in, of a fetched package, or your own."""
    require_sources()
    clip = CLIPS[wildcards.slug]
    if STUDY.source.kind == "lab":
        return {"package": f"{OUT}/data/pose2sim"}
    files = {"video": clip.video}
    return files | ({"annotation": clip.annotation} if clip.annotation else {})


def extract_options(wildcards):
    clip = CLIPS[wildcards.slug]
    options = {
        "--video": clip.video,
        "--slug": clip.slug,
        "--subject": clip.subject,
        "--action": clip.action,
        "--subaction": clip.subaction,
        "--camera": clip.camera,
        "--size": STUDY.student.input_size,
    }
    options |= {
        "--annotation": clip.annotation,
        "--stem": clip.stem,
        "--expected": clip.expected,
    }
    return [str(word) for option in options.items() if option[1] for word in option]


# The student


def network_of(domain):
    return {"generic": STUDY.student, "studio": STUDY.teacher_network}[domain]


def people_of(wildcards):
    """Annotations and images of a training set: rendered, or a dataset's own."""
    require_sources()
    given = {"generic": STUDY.student.coco, "validation": STUDY.student.validation}
    coco = given.get(wildcards.domain)
    if coco:
        return {"annotations": str(coco.annotations), "images": str(coco.images)}
    data = f"{OUT}/data/{wildcards.domain}"
    return {
        "annotations": f"{data}/annotations/person_keypoints_train2017.json",
        "images": f"{data}/train2017",
    }


def training_set(domain):
    return f"{OUT}/training_sets/{domain}.h5"


def student_sets():
    """What the student is pre-trained on, and validated with."""
    if STUDY.student.checkpoint:
        return {}
    sets = {"training_set": training_set("generic")}
    if STUDY.student.validation:
        sets["validation"] = training_set("validation")
    return sets


def pretrain_inputs(wildcards):
    backbone = STUDY.student.backbone
    return student_sets() | ({"backbone": str(backbone)} if backbone else {})


def pretrain_options(wildcards, input):
    """What validation and a given backbone add to the script's words."""
    options = []
    if STUDY.student.validation:
        best = f"{OUT}/student/best.pt"
        options += ["--validation-set", input.validation, "--best", best]
    if STUDY.student.backbone:
        options += ["--backbone", input.backbone]
    return options


def training_sets():
    teacher = [training_set("studio")] if "network" in STUDY.teachers else []
    return [*student_sets().values(), *teacher]


def student_reports():
    """What is said of the pre-trained student beside the cells."""
    return [f"{OUT}/student/average_precision.json"] if STUDY.student.validation else []


# Teachers


def labels_of(teacher):
    """A teacher's labels of the stream; ground truth travels in the clips themselves."""
    own = ("none", "ground_truth")
    return [] if teacher in own else [f"{OUT}/labels/{teacher}.h5"]


def label_files():
    return [file for teacher in STUDY.teachers for file in labels_of(teacher)]


def videos_of_stream():
    """The sources of the stream's clips: a fetched package, or the videos themselves."""
    if STUDY.source.kind == "lab":
        return [f"{OUT}/data/pose2sim"]
    return [clip.video for clip in CLIPS.values() if "stream" in clip.streams]


def detection_files():
    """What OpenPose found in each clip of the stream, in the clips' order."""
    return [
        f"{OUT}/labels/openpose/{slug}.h5"
        for slug, clip in CLIPS.items()
        if "stream" in clip.streams
    ]


def openpose_input(wildcards):
    """The video, and the program that sees it; of JSON files `openpose_files` tells."""
    clip, given = CLIPS[wildcards.slug], STUDY.openpose
    lab = STUDY.source.kind == "lab"
    video = {"package": f"{OUT}/data/pose2sim"} if lab else {"video": clip.video}
    if given.program:
        return video | {"program": str(given.program)}
    return video


@functools.cache
def openpose_digests(folder):
    from posequery.teachers.openpose.json_files import digests

    return digests(folder)


def openpose_files(wildcards):
    """What tells a video's JSON files apart; where they are not, what they were when last read."""
    clip, labels = CLIPS[wildcards.slug], STUDY.openpose.labels
    if not labels:
        return ""
    noted = Path(f"{OUT}/labels/openpose/{wildcards.slug}.files")
    if not labels.is_dir() and noted.is_file():
        return noted.read_text()
    place = labels / clip.subject if STUDY.has_truth else labels
    source = Path(clip.video)
    stem = source.name if source.is_dir() else source.stem
    return openpose_digests(place).get(stem, "")


def openpose_options(wildcards):
    clip, given = CLIPS[wildcards.slug], STUDY.openpose
    options = {"--video": clip.video, "--missing": given.missing}
    if given.labels:
        options |= {
            "--json": given.labels,
            "--keypoint-scale": given.keypoint_scale,
            "--scale-size": given.scale_size,
            # Human3.6M calls the videos of all its subjects alike.
            "--subject": clip.subject if STUDY.has_truth else None,
        }
    else:
        options |= {
            "--program": given.program,
            "--models": given.models,
            "--model": given.model,
            "--net-resolution": given.net_resolution,
            "--scratch": f"{STATE}/openpose",
        }
    # With a sign of equality: -1x368 would be taken for an option's name.
    return [
        f"{option}={value}" for option, value in options.items() if value is not None
    ]


# Offline


def selection_files():
    return [
        f"{OUT}/selections/{cell.method}/{grid.rate_slug(cell.rate)}/seed{cell.seed}.csv"
        for cell in CELLS
        if cell.setting == "offline"
    ]


def rate_of(wildcards):
    return str(grid.parse_rate_slug(wildcards.rate))


def strategies_of(method):
    """A method as the strategies whose code it runs."""
    return [method] if method in STUDY.strategies else []


def strategy_parameters(method):
    """A strategy's own parameters, as JSON; of another method none."""
    own = STUDY.strategies.get(method)
    return as_json(own) if own else "{}"


def offline_priority(wildcards):
    return 40 if wildcards.method == "all" else 0


# Online


def adapt_labels(wildcards):
    """The labels trained on, or, of real people, measured against as well."""
    return labels_of(wildcards.teacher if STUDY.has_truth else STUDY.teachers[0])


def adapt_strategies(wildcards):
    return strategies_of("uniform" if wildcards.method == "once" else wildcards.method)


# The paper


def picture_files():
    """Of real people, where the run has a student that never adapts and one that does."""
    online = {cell.method for cell in CELLS if cell.setting == "online"}
    comparable = "baseline" in online and len(online) > 1
    return [f"{FINAL}/pictures"] if comparable and not STUDY.has_truth else []


def report_files():
    return [f"{FINAL}/tables", f"{FINAL}/figures", *picture_files()]


def final_files():
    cells = [f"{FINAL}/cells.csv", f"{FINAL}/seconds.csv"]
    return [*cells, *report_files(), *student_reports()]


def cell_tables():
    """With the cells come cells.csv and, of a restricted run, the tables of its own."""
    return [f"{FINAL}/cells.csv", *(report_files()[:1] if ONLY else [])]


def captions():
    return json.dumps(readings.captions(STUDY))


def closing_words():
    made = " and ".join(report_files())
    return f"Study {STUDY.name} is complete: {made}; every cell is a row of {FINAL}/cells.csv."


# Cells


def cell_words(setting):
    """What a cell is, as the JSON that heads its summary."""

    def from_wildcards(wildcards):
        cell = {
            "setting": setting,
            "teacher": wildcards.teacher,
            "method": wildcards.method,
            "rate": str(grid.parse_rate_slug(wildcards.rate)),
            "seed": int(wildcards.seed),
        }
        return json.dumps(cell)

    return from_wildcards


def cell_path(cell):
    return f"{OUT}/cells/{cell.folder}"


def cell_files(setting=None):
    return [
        f"{cell_path(cell)}/summary.json"
        for cell in CELLS
        if setting in (None, cell.setting)
    ]
