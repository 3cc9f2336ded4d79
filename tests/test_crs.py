"""Every synthetic CRS case is guessed right or refused; GCJ-02 is found out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS, Transformer

from landtool.crs import (
    guess_crs,
    label,
    relabel,
    require_crs,
    require_metric,
    suspect_gcj02,
    to_gcj02,
    working_plane,
)
from landtool.errors import CrsError
from landtool.gauss_kruger import FAMILIES, gauss_kruger, grid_crs, meridian_of
from landtool.gcj02 import gcj02_from_wgs84
from landtool.schema.problems import COLUMNS, concat_problems

TOWN = (105.9, 29.45, 106.1, 29.6)
ESRI_CM108 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_108E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],'
    'PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def bounds_in(epsg: int | CRS, degrees: tuple[float, float, float, float] = TOWN):
    return Transformer.from_crs(4490, epsg, always_xy=True).transform_bounds(*degrees)


def around(lon: float) -> tuple[float, float, float, float]:
    return (lon - 0.1, 29.4, lon + 0.1, 29.6)


def swap(box):
    return (box[1], box[0], box[3], box[2])


@pytest.fixture(scope="module")
def districts() -> gpd.GeoDataFrame:
    """Six small districts between 105.8 and 106.4°E."""
    cells = [shapely.box(105.8 + i * 0.2, 29.2 + j * 0.2, 106.0 + i * 0.2, 29.4 + j * 0.2)
             for i in range(3) for j in range(3)]  # fmt: skip
    return gpd.GeoDataFrame({"district_code": list("abcdefghi")}, geometry=cells, crs=4490)


@pytest.mark.parametrize(("family", "zones", "width"), [(f, range(25, 46), 3) for f in FAMILIES]
                         + [(f, range(13, 24), 6) for f in FAMILIES])  # fmt: skip
def test_table_of_codes_says_what_epsg_says(family, zones, width):
    for zone in zones:
        crs = grid_crs(family, meridian_of(zone), zone)
        values = {p.name: p.value for p in crs.coordinate_operation.params}
        assert values["False easting"] == zone * 1e6 + 500_000
        assert values["Longitude of natural origin"] == zone * width - (3 if width == 6 else 0)
        assert gauss_kruger(crs).datum == family
        if 75 <= meridian_of(zone) <= 135:
            plain = gauss_kruger(grid_crs(family, meridian_of(zone)))
            assert (plain.meridian, plain.zone, plain.datum) == (meridian_of(zone), 0, family)


@pytest.mark.parametrize(("zone", "epsg"), [(35, 4523), (36, 4524), (37, 4525), (18, 4496), (19, 4497)])
def test_zone_in_the_easting_is_told_by_the_numbers(zone, epsg):
    guess = guess_crs(bounds_in(epsg, around(meridian_of(zone) + 0.6)), where="a.shp")
    assert guess.crs.to_epsg() == epsg
    assert guess.basis == "coordinates"
    assert str(zone) in guess.text("zh")
    assert guess.problems["kind"].tolist() == ["crs_guessed"]


@pytest.mark.parametrize(("cm", "epsg"), [(105, 4544), (108, 4545), (111, 4546)])
def test_easting_without_zone_is_refused_unless_stated(cm, epsg):
    box = bounds_in(epsg, around(cm + 0.5))
    with pytest.raises(CrsError, match="any central meridian") as caught:
        guess_crs(box, where="a.shp")
    assert "EPSG:4544" in caught.value.mend
    assert "EPSG:4545" in caught.value.mend
    assert guess_crs(box, declared=CRS(epsg)).crs.to_epsg() == epsg
    assert guess_crs(box, override=f"EPSG:{epsg}").basis == "override"


def test_districts_tell_the_central_meridian(districts):
    guess = guess_crs(bounds_in(4544, (105.9, 29.25, 106.3, 29.6)), districts=districts)
    assert (guess.crs.to_epsg(), guess.basis) == (4544, "districts")


def test_sample_points_are_taken_where_given(districts):
    points = np.column_stack(Transformer.from_crs(4490, 4544, always_xy=True).transform(
        [105.95, 106.2], [29.3, 29.5]))  # fmt: skip
    box = bounds_in(4544, (105.0, 29.25, 106.3, 29.6))  # mostly outside, the shapes are not
    with pytest.raises(CrsError):
        guess_crs(box, districts=districts)
    assert guess_crs(box, districts=districts, sample_points=points).crs.to_epsg() == 4544


def test_several_fitting_meridians_are_refused_and_named():
    wide = gpd.GeoDataFrame(geometry=[shapely.box(105, 29, 110, 32)], crs=4490)
    with pytest.raises(CrsError) as caught:
        guess_crs(bounds_in(4544, around(106.0)), districts=wide)
    assert "EPSG:4544" in caught.value.mend
    assert "EPSG:4545" in caught.value.mend
    assert "EPSG:4547" not in caught.value.mend


def test_no_fitting_meridian_is_refused(districts):
    with pytest.raises(CrsError, match="none puts the shapes"):
        guess_crs(bounds_in(4544, (105.9, 35.2, 106.1, 35.4)), districts=districts)


@pytest.mark.parametrize("epsg", [4523, 4524, 4544, 4545, 4496, 4490])
@pytest.mark.parametrize("stated", [False, True])
def test_swapped_axes_are_refused_with_a_remedy(epsg, stated):
    box = swap(bounds_in(epsg, around(106.4)))
    with pytest.raises(CrsError, match="swapped") as caught:
        guess_crs(box, declared=CRS(epsg) if stated else None)
    assert "exchange" in caught.value.mend


def test_degrees_in_china_are_cgcs2000_unless_stated():
    assert guess_crs(TOWN).crs.to_epsg() == 4490
    assert guess_crs(TOWN, declared=CRS(4326)).crs.to_epsg() == 4326


@pytest.mark.parametrize("box", [
    (5_000.0, 12_000.0, 6_000.0, 13_000.0), (0.0, 0.0, 800.0, 900.0),
    (499_205.0, -750.0, 500_970.0, 478.0), (2_680_000.0, 1_240_000.0, 2_690_000.0, 1_250_000.0),
    (2_690_000.0, 230_000.0, 2_700_000.0, 240_000.0), (8.4, 47.3, 8.6, 47.5),
    (11_800_000.0, 3_400_000.0, 11_900_000.0, 3_500_000.0),
])  # fmt: skip
def test_numbers_of_no_chinese_grid_are_refused_undeclared(box):
    with pytest.raises(CrsError) as caught:
        guess_crs(box, where="local.shp")
    assert caught.value.where == "local.shp"
    assert "EPSG" in caught.value.mend


def test_mixed_zones_are_refused():
    with pytest.raises(CrsError, match="zones 35 to 36"):
        guess_crs((35_600_000, 3_270_000, 36_400_000, 3_280_000))


@pytest.mark.parametrize("box", [(np.nan,) * 4, (np.inf, 0, np.inf, 1)])
def test_no_coordinates_are_refused(box):
    with pytest.raises(CrsError, match="hold no coordinates"):
        guess_crs(box)


@pytest.mark.parametrize("epsg", [2379, 2370 + 11, 2359, 2437 - 5, 2411])
def test_older_datums_are_kept_as_declared(epsg):
    own = gauss_kruger(CRS(epsg))
    guess = guess_crs(bounds_in(epsg, around(own.meridian + 0.3)), declared=CRS(epsg))
    assert guess.crs.to_epsg() == epsg
    assert own.datum in label(guess.crs)
    assert len(guess.problems) == 0


@pytest.mark.parametrize(("declared", "numbers", "taken"), [
    (4544, 4523, 4523),  # zone in the easting, stated without
    (4523, 4544, 4544),  # stated with zone, numbers without
    (2381, 2360, 2360),  # the same on Xian 1980
    (4490, 4523, 4523),  # degrees stated, zoned metres found
    (4326, 4524, 4524),
    (4544, 4490, 4490),  # metres stated, degrees found
    (2381, 4490, 4610),
])  # fmt: skip
def test_contradicted_declaration_with_one_reading_is_resolved_and_reported(declared, numbers, taken):
    box = bounds_in(numbers, around(105.4 if numbers != 2360 and numbers != 4524 else 108.4))
    guess = guess_crs(box, declared=CRS(declared), where="a.shp")
    assert guess.crs.to_epsg() == taken
    assert guess.problems["kind"].tolist() == ["crs_resolved"]
    assert guess.confidence != "high"
    with pytest.raises(CrsError, match="contradict") as caught:
        guess_crs(box, override=f"EPSG:{declared}")
    assert f"EPSG:{taken}" in caught.value.mend


@pytest.mark.parametrize(("declared", "numbers"), [
    (4544, 4524), (4523, 4524), (4490, 4544), (4545, 2056), (2056, 4490), (32648, 4524), (2272, 4545),
])  # fmt: skip
def test_contradicted_declaration_with_no_single_reading_is_refused(declared, numbers):
    degrees = (8.4, 47.3, 8.6, 47.5) if numbers == 2056 else around(106.4)
    with pytest.raises(CrsError):
        guess_crs(bounds_in(numbers, degrees), declared=CRS(declared))


@pytest.mark.parametrize(("epsg", "degrees"), [
    (3857, TOWN), (2056, (8.4, 47.3, 8.6, 47.5)), (2272, (-75.3, 39.9, -75.0, 40.1)),
    (32648, TOWN), (4326, (8.4, 47.3, 8.6, 47.5)), (27700, (-2.2, 52.9, -2.1, 53.1)),
])  # fmt: skip
def test_any_other_declared_crs_is_kept_where_it_is_used(epsg, degrees):
    guess = guess_crs(bounds_in(epsg, degrees), declared=CRS(epsg))
    assert (guess.crs.to_epsg(), guess.confidence) == (epsg, "high")


def test_esri_names_are_known():
    guess = guess_crs(bounds_in(4545, around(108.2)), declared=CRS(ESRI_CM108))
    assert gauss_kruger(guess.crs).meridian == 108
    assert "108" in label(ESRI_CM108)
    assert guess_crs(bounds_in(4524, around(108.2)), declared=CRS(ESRI_CM108)).crs.to_epsg() == 4524


def test_layer_far_from_districts_is_reported(districts):
    guess = guess_crs(bounds_in(4545, around(107.9)), declared=CRS(4545), districts=districts)
    assert guess.confidence == "low"
    assert guess.problems["kind"].tolist() == ["crs_far_from_districts"]


def test_stated_grid_at_the_equator_is_kept_and_reported():
    guess = guess_crs((499_245.0, -877.0, 501_033.0, 297.0), declared=CRS(2379), where="DLTB.shp")
    assert (guess.crs.to_epsg(), guess.confidence) == (2379, "low")
    assert guess.problems["kind"].tolist() == ["crs_outside_area"]


def test_problems_have_the_shape_of_problem_tables():
    problems = guess_crs(bounds_in(4524, around(108.1)), where="a.shp").problems
    assert list(problems.columns) == COLUMNS
    assert problems["source_row"].dtype == "Int64"
    assert concat_problems([problems]).loc[0, "source"] == "a.shp"


def test_unknown_override_names_itself():
    with pytest.raises(CrsError, match="EPSG:1"):
        guess_crs(TOWN, override="EPSG:1", where="parcels")


@pytest.mark.parametrize("epsg", [4490, 4326, 3857, 3395, 2272, None])
def test_lengths_are_never_taken_in_degrees_feet_or_world_mercator(epsg):
    with pytest.raises(CrsError):
        require_metric(epsg, "buffer")


@pytest.mark.parametrize("epsg", [4544, 4524, 32648, 2056, 2379])
def test_metric_planes_are_welcome(epsg):
    assert require_metric(epsg, "buffer").to_epsg() == epsg


def test_missing_crs_is_named():
    with pytest.raises(CrsError, match="parks"):
        require_crs(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]), "parks")


@pytest.mark.parametrize(("lon", "epsg"), [(105.1, 4544), (106.4, 4544), (106.6, 4545), (109.4, 4545),
                                           (109.6, 4546), (73.6, 4534), (134.9, 4554)])  # fmt: skip
def test_working_plane_in_china(lon, epsg):
    assert working_plane((lon - 0.01, 30.0, lon + 0.01, 30.1)).to_epsg() == epsg


def test_working_plane_of_frames(districts):
    assert working_plane(districts).to_epsg() == 4544
    assert working_plane(districts.to_crs(3857)).to_epsg() == 4544
    assert working_plane(districts.to_crs(4523)).to_epsg() == 4523
    assert working_plane(districts.to_crs(4550)).to_epsg() == 4544  # CM 123°E: metric, but far off
    swiss = gpd.GeoSeries([shapely.box(-75.2, 39.9, -75.0, 40.0)], crs=4326).to_crs(2272)
    assert working_plane(swiss).to_epsg() == 32618
    parcel = gpd.GeoSeries([shapely.box(107, 29.5, 107.01, 29.51)], crs=4490)
    assert working_plane(parcel, districts).to_epsg() == 4544


def test_label_speaks_both_languages():
    assert "中央经线 105°E" in label(4544)
    assert "central meridian 105°E" in label(4544, "en")
    assert "坐标系未知" in label(None)


@pytest.mark.parametrize("code", [4490, 4545, 4524, 4610, 2379, 4214, 3857, 32648, None])
def test_a_label_that_results_keep_is_said_in_the_other_language(code):
    plane = CRS.from_epsg(4545).to_wkt("WKT1_ESRI") if code is None else f"EPSG:{code}"
    assert relabel(label(plane, "zh"), "en") == label(plane, "en")
    assert relabel(label(plane, "zh"), "zh") == label(plane, "zh")


def test_gcj02_agrees_with_published_pair():
    lon, lat = gcj02_from_wgs84(np.array([116.404, 2.35]), np.array([39.915, 48.85]))
    assert lon == pytest.approx([116.41024449916938, 2.35], abs=1e-9)
    assert lat == pytest.approx([39.91640428150164, 48.85], abs=1e-9)


def test_gcj02_display_leaves_the_input_alone(districts):
    before = districts.geometry.to_wkb()
    moved = to_gcj02(districts)
    pd.testing.assert_series_equal(districts.geometry.to_wkb(), before)
    assert moved.geometry.iloc[0].centroid.x > districts.geometry.iloc[0].centroid.x + 0.002


def test_gcj02_is_reported_when_a_layer_comes_in(districts):
    shifted = to_gcj02(districts)
    guess = guess_crs(tuple(shifted.total_bounds), declared=CRS(4326), districts=districts, frame=shifted)
    assert guess.problems["kind"].tolist() == ["gcj02_suspected"]
    plain = guess_crs(tuple(districts.total_bounds), declared=CRS(4490), districts=districts,
                      frame=districts)  # fmt: skip
    assert len(plain.problems) == 0


def test_too_few_counterparts_say_nothing(districts):
    assert suspect_gcj02(to_gcj02(districts.iloc[:2]), districts).is_suspected is None


def test_real_districts_in_gcj02_are_suspected(shared_data):
    true = gpd.read_file(shared_data / "chongqing" / "districts_cgcs2000.geojson")
    shifted = gpd.read_file(shared_data / "chongqing" / "districts_gcj02.json")
    found = suspect_gcj02(shifted, true)
    assert found.is_suspected
    assert found.pairs == 38
    assert found.east_m == pytest.approx(416, abs=20)
    assert found.north_m == pytest.approx(-314, abs=20)
    assert found.residual_m < 120
    assert suspect_gcj02(true, true).is_suspected is False
    assert suspect_gcj02(true, shifted).is_suspected is False
    assert guess_crs(tuple(true.total_bounds), declared=true.crs).crs.to_epsg() == 4490
