"""Land use of one date (地类图斑): one snapshot a source, or a plan."""

from __future__ import annotations

from landtool.schema.fields import Field, Layer

LAYER = Layer(
    "land_use", "土地利用图斑", "Land use",
    (
        Field("land_use_code", "code", "地类编码", "Land-use code",
              ("DLBM", "地类编码", "地类代码", "YDYHFLDM", "用地用海分类代码", "GHDLBM", "规划地类编码",
               "GHFLDM", "规划分类代码", "用地代码", "用地性质代码", "用地性质", "YDDM", "YDXZDM",
               "landUse2", "LandUse", "land_use", "landuse"), required=True),
        Field("land_use_name", "text", "地类名称", "Land-use name",
              ("DLMC", "地类名称", "YDYHFLMC", "用地用海分类名称", "GHDLMC", "规划地类名称", "GHFLMC",
               "规划分类名称", "用地性质名称", "YDXZMC")),
        Field("district_code", "code", "坐落单位代码", "District code",
              ("ZLDWDM", "坐落单位代码", "XZQDM", "行政区代码", "行政区划代码", "区县代码")),
        Field("polygon_id", "code", "图斑标识", "Polygon id",
              ("BSM", "标识码", "TBBH", "图斑编号", "图斑号", "要素标识码")),
        Field("recorded_area_m2", "number", "图斑面积", "Recorded area",
              ("TBMJ", "图斑面积", "GHMJ", "YDMJ", "面积", "MJ", "recorded_area"), unit="m2",
              minimum=0),
        Field("deducted_area_m2", "number", "扣除面积", "Deducted area",
              ("KCMJ", "扣除面积", "扣除地类面积", "deducted_area"), unit="m2", minimum=0),
    ),
    geometry="polygon", geometry_required=True,
)  # fmt: skip
