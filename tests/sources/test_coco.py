import json
import tracemalloc

import cv2
import h5py
import numpy as np
import pytest

from posequery.jobs import sealed
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.sources import coco as coco_source
from posequery.sources.coco import evaluation, inspect, prepare

WIDTH, HEIGHT = 40, 30


def keypoints(**places):
    """COCO's 51 values with joints given by number, such as `j5=(x, y, v)`, and zeros elsewhere."""
    values = np.zeros((17, 3), int)
    for name, place in places.items():
        values[int(name[1:])] = place
    return values.ravel().tolist()


def person(image, points, box=(1, 2, 3, 4), **more):
    return {
        "id": 7,
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "area": 12.0,
        "segmentation": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]],
        "bbox": list(box),
        "num_keypoints": sum(v > 0 for v in points[2::3]),
        "keypoints": points,
        **more,
    }


class Coco:
    """A small dataset on disk that tests modify."""

    def __init__(self, folder):
        self.images = folder / "train 2017"
        self.annotations = folder / "person_keypoints_train2017.json"
        self.output = folder / "set.h5"
        self.images.mkdir()
        self.content = {
            "info": {"year": 2017},
            "categories": [{"id": 1, "name": "person", "keypoints": list(JOINTS[:17])}],
            "images": [],
            "annotations": [],
        }
        for number in (4, 9, 2):
            self.add_image(number)

    def add_image(self, number):
        pixels = np.random.default_rng(number).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        name = f"{number:012d}.jpg"
        cv2.imwrite(str(self.images / name), pixels)
        self.content["images"].append(
            {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT}
        )

    def add(self, *people):
        for row in people:
            used = {other["id"] for other in self.content["annotations"]}
            free = next(number for number in range(row["id"], 1000) if number not in used)
            self.content["annotations"].append({**row, "id": free})
        return self

    def prepare(self):
        self.annotations.write_text(json.dumps(self.content))
        return prepare(self.annotations, self.images, self.output)

    def refused(self, fault):
        with pytest.raises(BadInput, match=fault) as caught:
            self.prepare()
        assert not self.output.exists()
        assert not list(self.output.parent.glob(".*"))
        return caught.value


@pytest.fixture
def coco(tmp_path):
    return Coco(tmp_path)


NOSE = keypoints(j0=(10, 11, 2))


def test_people_boxes_and_images(coco):
    shoulders = keypoints(j5=(10, 20, 2), j6=(15, 23, 1))
    coco.add(
        person(2, NOSE),
        person(4, shoulders),
        person(4, keypoints(), box=(5, 6, 7.5, 8)),
        person(4, keypoints(j16=(3, 4, 1))),
        person(9, keypoints(), iscrowd=1, segmentation={"counts": [1], "size": [30, 40]}),
    )
    assert coco.prepare() == 2
    with h5py.File(coco.output) as file:
        jpegs = sealed.Packed(file, "image", "")
        stored = [bytes(jpegs[number]) for number in range(2)]
        assert stored == [(coco.images / f"{n:012d}.jpg").read_bytes() for n in (4, 2)]
        assert file["people_start"][:].tolist() == [0, 2, 3]
        assert file["masked_start"][:].tolist() == [0, 1, 1]
        assert file["masked_boxes"][:].tolist() == [[5, 6, 7.5, 8]]
        people = file["people"][:]
        assert people.dtype == np.float32
        assert list(file.attrs["joints"])[17] == "neck"
    assert people[0, [5, 6]].tolist() == [[10, 20], [15, 23]]
    # The midpoint is (12.5, 21.5); it is rounded to whole pixels, halves to even.
    assert people[0, 17].tolist() == [12, 22]
    assert np.isfinite(people).all(axis=2).sum(axis=1).tolist() == [3, 1, 1]
    assert people[1, 16].tolist() == [3, 4]
    assert people[2, 0].tolist() == [10, 11]


def test_an_image_with_only_unlabelled_people_is_a_sample(coco):
    coco.add(person(9, keypoints()))
    assert coco.prepare() == 1
    with h5py.File(coco.output) as file:
        assert file["people"].shape == (0, 18, 2)
        assert file["people_start"][:].tolist() == [0, 0]
        assert file["masked_boxes"].shape == (1, 4)


def test_crowds_alone_are_not_a_sample(coco):
    coco.add(person(9, NOSE, iscrowd=1)).refused("annotates no person")


def test_the_same_bytes_again(coco):
    coco.add(person(2, NOSE), person(4, NOSE)).prepare()
    first = coco.output.read_bytes()
    coco.prepare()
    assert coco.output.read_bytes() == first


def test_a_missing_image_is_reported(coco):
    (coco.images / "000000000002.jpg").unlink()
    fault = coco.add(person(2, NOSE)).refused("is missing")
    assert "000000000002.jpg" in str(fault)


@pytest.mark.parametrize("keep", [0, 100, -2])
def test_a_broken_image(coco, keep):
    path = coco.images / "000000000002.jpg"
    path.write_bytes(path.read_bytes()[:keep] if keep else b"")
    coco.add(person(2, NOSE)).refused("truncated or not a JPEG")


def test_an_image_of_another_size(coco):
    coco.content["images"][2]["width"] = 41
    coco.add(person(2, NOSE)).refused("is 40 x 30 pixels, but .* says 41 x 30")


def turn(path, orientation):
    """Give a JPEG the EXIF orientation that a camera writes, and its pixels no turn."""
    exif = bytes.fromhex("4578696600004d4d002a000000080001011200030000000100")
    exif += bytes([orientation]) + bytes(6)
    content = path.read_bytes()
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path.write_bytes(content[:2] + segment + content[2:])


def test_a_camera_s_orientation_is_not_applied_and_said_once(coco, capfd, tried):
    # Exif orientation 6 makes viewers rotate the image; annotations refer to the stored pixels.
    for number, orientation in ((4, 1), (9, 3), (2, 6)):
        turn(coco.images / f"{number:012d}.jpg", orientation)
    path = coco.images / "000000000002.jpg"
    assert cv2.imread(str(path)).shape[:2] == (WIDTH, HEIGHT)  # rotated: the trap is real
    assert coco.add(person(2, NOSE), person(4, NOSE), person(9, NOSE)).prepare() == 3
    note = "2 of 3 images are to be shown turned or mirrored, says their EXIF"
    assert capfd.readouterr().err.count(note) == 1
    (told,) = [note for note in inspect(coco.annotations, coco.images).notes if "EXIF" in note]
    assert told.startswith(note) and told.endswith("(first 000000000009.jpg)")
    _, frames = evaluation(coco.annotations, coco.images)
    assert [image.shape[:2] for _, image in frames] == [(HEIGHT, WIDTH)] * 3
    tried("2", "a photo with an EXIF orientation in a COCO set", {"done right and said": 2})


@pytest.mark.parametrize("damage", ["zeroed", "cut out"])
def test_a_photo_that_is_damaged_inside_is_said(coco, capfd, tried, damage):
    """It decodes, and has its end: only the decoder's own words tell."""
    path = coco.images / "000000000002.jpg"
    data, middle = path.read_bytes(), path.stat().st_size * 2 // 3
    path.write_bytes(data[:middle] + bytes(99 if damage == "zeroed" else 0) + data[middle + 99 :])
    assert coco.add(person(2, NOSE), person(4, NOSE)).prepare() == 2
    note = "1 of 2 images are damaged, says their decoder"
    assert capfd.readouterr().err.count(note) == 1
    (told,) = [note for note in inspect(coco.annotations, coco.images).notes if "damaged" in note]
    assert told.startswith(note) and "(first 000000000002.jpg: Corrupt JPEG data" in told
    tried("5", "a photo that is damaged inside", {"said": 1})


def test_a_photo_that_was_annotated_as_exif_shows_it(coco):
    turn(coco.images / "000000000002.jpg", 6)
    coco.content["images"][2] |= {"width": HEIGHT, "height": WIDTH}
    coco.add(person(2, NOSE)).refused("is 40 x 30 pixels, but .* says 30 x 40.*turn its pixels")


def test_a_motion_photo_is_whole(coco, tried):
    path = coco.images / "000000000002.jpg"
    path.write_bytes(path.read_bytes() + b"ftypmp42" + bytes(5000))
    assert coco.add(person(2, NOSE)).prepare() == 1
    path.write_bytes(path.read_bytes()[:500] + bytes(5000))
    coco.output.unlink()
    coco.refused("truncated or not a JPEG")
    tried("9", "a motion photo", {"done right": 1})


def test_a_jpeg_that_says_it_is_huge_is_not_decoded(coco, monkeypatch, tried):
    path = coco.images / "000000000002.jpg"
    data = bytearray(path.read_bytes())
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = (65_500).to_bytes(2, "big") * 2
    path.write_bytes(data)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it is decoded"))
    coco.add(person(2, NOSE)).refused("is 65500 x 65500 pixels, but .* says 40 x 30")
    coco.content["images"][2] |= {"width": 65_500, "height": 65_500}
    coco.refused("entry 2 is malformed: no image has 65500 x 65500 pixels")
    tried("12", "a JPEG of 65,500 x 65,500 pixels", {"refused": 2})


def test_images_below_the_folder_and_only_there(coco, tried):
    """Preparing and checking take the same names, and refuse the same."""
    (coco.images / "train").mkdir()
    (coco.images / "000000000002.jpg").rename(coco.images / "train/x.jpg")
    coco.content["images"][2]["file_name"] = "train/x.jpg"
    assert coco.add(person(2, NOSE)).prepare() == 1
    assert inspect(coco.annotations, coco.images).faults == []
    outside = coco.images.parent / "out.jpg"
    (coco.images / "train/x.jpg").rename(outside)
    for name in ("../out.jpg", str(outside), "train/../../out.jpg", "train/x.jpg", "no/x.jpg"):
        coco.content["images"][2]["file_name"] = name
        coco.output.unlink(missing_ok=True)
        coco.refused("leads out of the folder|is missing")
        assert len(inspect(coco.annotations, coco.images).faults) == 1
    tried("8", "an image in a sub-folder, or outside", {"done right": 1, "refused": 5})


def test_what_may_not_be_read_is_not_called_broken(coco, no_permission, monkeypatch, tried):
    path = coco.images / "000000000002.jpg"
    with no_permission(path):
        fault = coco.add(person(2, NOSE)).refused("may not be read: permission denied")
        assert str(fault) == str(inspect(coco.annotations, coco.images).faults[0])
    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", Denied)
        (fault,) = inspect(coco.annotations, coco.images).faults
    assert "train 2017: may not be read: permission denied" in str(fault)
    tried("9", "images that may not be read", {"refused as such": 2})


def Denied(path):  # noqa: N802
    raise PermissionError(13, "Permission denied", str(path))


def test_images_without_people_are_looked_at_where_they_are_evaluated(coco, tried):
    coco.add(person(2, NOSE)).prepare()
    (coco.images / "000000000009.jpg").write_bytes(b"no photo")
    (coco.images / "000000000004.jpg").unlink()
    assert prepare(coco.annotations, coco.images, coco.output) == 1
    assert inspect(coco.annotations, coco.images).faults == []
    with pytest.raises(BadInput, match="000000000004.jpg: is missing"):
        prepare(coco.annotations, coco.images, coco.output, evaluated=True)
    faults = inspect(coco.annotations, coco.images, evaluated=True).faults
    assert [fault.fault.split(" (")[0] for fault in faults] == [
        "1 of the 3 images are missing, this is the first",
        "is truncated or not a JPEG",
    ]
    with pytest.raises(BadInput, match="000000000004.jpg: is missing"):
        list(evaluation(coco.annotations, coco.images)[1])
    tried("8", "a broken validation image without people", {"refused before training": 2})


def test_a_set_for_evaluation_has_the_same_samples(coco):
    coco.add(person(2, NOSE), person(9, NOSE)).prepare()
    first = coco.output.read_bytes()
    assert prepare(coco.annotations, coco.images, coco.output, evaluated=True) == 2
    assert coco.output.read_bytes() == first


def test_what_is_evaluated_has_coco_s_order_and_counts(coco, tried):
    """Whatever order the file's joints stand in; people are numbered from 1, crowds are kept."""
    names = sorted(JOINTS[:17])
    coco.content["categories"][0]["keypoints"] = names
    triplets = [(10 + joint, 11, 2) for joint in map(JOINTS.index, names)]
    crowd = person(2, keypoints(), iscrowd=1)
    row = person(9, [value for triplet in triplets for value in triplet], num_keypoints=1)
    coco.add({**row, "id": 0}, crowd).prepare()
    truth, frames = evaluation(coco.annotations, coco.images)
    assert (
        [number for number, _ in frames] == [image["id"] for image in truth["images"]] == [4, 9, 2]
    )
    one, two = truth["annotations"]
    assert (one["id"], two["id"], two["iscrowd"], two["num_keypoints"]) == (1, 2, 1, 0)
    assert one["keypoints"][::3] == [10 + joint for joint in range(17)]
    assert (one["num_keypoints"], one["category_id"], truth["categories"][0]["id"]) == (17, 1, 1)
    with h5py.File(coco.output) as file:
        assert file["people"][0, :17, 0].tolist() == one["keypoints"][::3]
        assert tuple(file.attrs["labelled"]) == JOINTS
    tried("1", "average precision of joints in another order", {"done right": 1})


def test_joints_that_nobody_has_are_noted_and_said(coco, capfd):
    coco.add(person(2, NOSE)).prepare()
    with h5py.File(coco.output) as file:
        assert list(file.attrs["labelled"]) == ["nose"]
    note = "nobody is labelled with left_eye, right_eye, left_ear, right_ear, left_shoulder and"
    assert note in capfd.readouterr().err
    assert note in inspect(coco.annotations, coco.images).notes[0]


def test_an_annotation_file_that_is_missing_cut_off_or_another(coco):
    with pytest.raises(BadInput, match="no such annotation file"):
        prepare(coco.annotations, coco.images, coco.output)
    coco.add(person(2, NOSE)).prepare()
    content = coco.annotations.read_text()
    coco.annotations.write_text(content[: len(content) // 2])
    with pytest.raises(BadInput, match="cut off or not JSON"):
        prepare(coco.annotations, coco.images, coco.output)
    coco.annotations.write_text("[]")
    with pytest.raises(BadInput, match="does not have all of images"):
        prepare(coco.annotations, coco.images, coco.output)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"keypoints": NOSE[:-1]}, "entry 7 .* 50 keypoint values, not 51"),
        ({"keypoints": NOSE + NOSE}, "102 keypoint values"),
        ({"keypoints": [*NOSE[:2], 3, *NOSE[3:]]}, "visibility"),
        ({"keypoints": [float("nan"), *NOSE[1:]]}, "not finite"),
        ({"keypoints": ["x", *NOSE[1:]]}, "malformed"),
        ({"bbox": [1, 2, 3]}, "box"),
        ({"area": None}, "its area is not a number"),
        ({"keypoints": [30 * WIDTH, 2, 2, *NOSE[3:]]}, "a keypoint outside image 2"),
        ({"image_id": [1]}, "entry 7 .* not a whole number"),
        ({"image_id": 77}, "image 77, which it does not list"),
    ],
)
def test_a_malformed_person(coco, change, fault):
    coco.add({**person(2, NOSE), **change}).refused(fault)


def test_an_image_listed_twice(coco):
    coco.add_image(9)
    coco.add(person(9, NOSE)).refused("lists an image's id twice")


def test_a_file_without_categories(coco):
    del coco.content["categories"]
    coco.add(person(9, NOSE)).refused("does not have all of images, annotations, categories")


def test_a_malformed_entry(coco):
    row = person(2, NOSE)
    del row["bbox"]
    coco.add(row).refused("entry 7 is malformed: no 'bbox'")
    coco.content["annotations"] = [{"id": 1, "image_id": 2, "caption": "a person"}]
    coco.refused("without 'keypoints'")
    coco.content["annotations"] = [person(2, NOSE)]
    del coco.content["images"][0]["file_name"]
    coco.refused("entry 4 is malformed: no 'file_name'")


@pytest.mark.parametrize("name", ["images", "annotations"])
@pytest.mark.parametrize("value", [5, None, {"id": 1}, "text"])
def test_images_and_annotations_are_lists(coco, name, value):
    coco.add(person(2, NOSE)).content[name] = value
    coco.refused(f"its '{name}' is not a list")


@pytest.mark.parametrize(("key", "value"), [("file_name", 5), ("id", [1]), ("id", None)])
def test_a_malformed_image(coco, key, value):
    coco.add(person(2, NOSE)).content["images"][0][key] = value
    coco.refused("is malformed: .* is not (text|a whole number)")


def test_endless_nesting(coco):
    coco.annotations.write_text("[" * 200_000)
    with pytest.raises(BadInput, match="cut off or not JSON"):
        prepare(coco.annotations, coco.images, coco.output)


def peak(call):
    tracemalloc.start()
    call()
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


def test_images_do_not_accumulate_in_memory(coco):
    for number in range(100, 140):
        coco.add_image(number)
        path = coco.images / f"{number:012d}.jpg"
        path.write_bytes(path.read_bytes()[:-2] + bytes(500_000) + b"\xff\xd9")
        coco.add(person(number, NOSE))
    assert peak(coco.prepare) < 10_000_000  # of 20 MB of images


def test_an_inspection_counts_what_prepare_would_write_and_reports_all_faults(coco):
    assert coco.add(person(9, NOSE), person(4, NOSE)).prepare() == 2
    sizes = [(coco.images / f"{number:012d}.jpg").stat().st_size for number in (4, 9)]
    assert inspect(coco.annotations, coco.images)[:3] == (2, sum(sizes), [])
    (coco.images / "000000000004.jpg").unlink()
    broken = coco.images / "000000000009.jpg"
    broken.write_bytes(broken.read_bytes()[:-200])
    found = inspect(coco.annotations, coco.images)
    assert found.samples == 2 and found.bytes == 0
    messages = [str(fault) for fault in found.faults]
    assert "000000000004.jpg: 1 of the 2 images with people are missing" in messages[0]
    assert "000000000009.jpg: is truncated or not a JPEG" in messages[1]


@pytest.mark.parametrize(("count", "opened"), [(3, 3), (4, 4), (5, 3), (7, 4), (8, 4), (9, 3)])
def test_an_inspection_opens_no_more_than_its_sample(coco, monkeypatch, count, opened):
    monkeypatch.setattr(coco_source, "SAMPLE", 4)
    calls, real = [], coco_source._opened
    monkeypatch.setattr(coco_source, "_opened", lambda *of: calls.append(of) or real(*of))
    for number in range(100, 100 + count):
        coco.add_image(number)
        coco.add(person(number, NOSE))
    coco.prepare()
    calls.clear()
    assert inspect(coco.annotations, coco.images).faults == []
    assert len(calls) == opened


PIECES = (b"[", b"{", b'"', b"9" * 400, b"1e400", b"null", b"-", b"\\ud800", b"NaN", b",", b":[]")


def hurt(data, generator):
    """A file with some bytes changed, cut out, zeroed, or pieces of JSON put in."""
    data = bytearray(data)
    for _ in range(generator.choice([1, 1, 3, 20])):
        place, length = (int(generator.integers(bound)) for bound in (len(data), 64))
        kind = generator.integers(4)
        if kind == 0:
            data[place] = generator.integers(256)
        else:
            pieces = (b"", bytes(length), PIECES[generator.integers(len(PIECES))])
            data[place : place + (length if kind < 3 else 0)] = pieces[kind - 1]
    return bytes(data)


@pytest.mark.parametrize("part", ["annotations", "an image"])
def test_random_damage_is_refused_by_all_or_by_none(coco, tried, part):
    """By preparing, checking and evaluating alike, whatever it is; each in one way, `BadInput`."""
    coco.add(person(4, NOSE), person(9, keypoints(j5=(1, 2, 2), j6=(3, 4, 1)))).prepare()
    path = coco.annotations if part == "annotations" else coco.images / "000000000004.jpg"
    whole, generator = path.read_bytes(), np.random.default_rng(9)
    outcomes = {"refused": 0, "taken": 0}
    for _ in range(80):
        path.write_bytes(hurt(whole, generator))
        found = [inspect(coco.annotations, coco.images, evaluated=True).faults[:1]]
        for read in (
            lambda: prepare(coco.annotations, coco.images, coco.output, evaluated=True),
            lambda: list(evaluation(coco.annotations, coco.images)[1]),
        ):
            try:
                read()
                found.append([])
            except BadInput as fault:
                found.append([fault])
        assert len({bool(faults) for faults in found}) == 1, found
        outcomes["refused" if found[0] else "taken"] += 1
    tried("12", f"random damage to {part} in COCO's format", outcomes)
