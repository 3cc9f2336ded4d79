@echo off
rem Installs landtool into .venv beside this file: no internet, no administrator.
setlocal
cd /d "%~dp0"
set PYTHONUTF8=1
set PY=
py -3.11 -c "import sys" >nul 2>nul
if not errorlevel 1 set PY=py -3.11
if not defined PY python -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" >nul 2>nul && set PY=python
if not defined PY goto nopython
echo 正在安装,约需两分钟... Installing, about two minutes...
%PY% -m venv .venv
if errorlevel 1 goto failed
".venv\Scripts\python.exe" -m pip --isolated install --quiet --no-index --find-links wheels --no-deps --require-hashes -r requirements-win_amd64.txt
if errorlevel 1 goto failed
echo 安装完成,请双击“启动.cmd”。 Done. Now double-click the start script.
pause
exit /b 0
:nopython
echo 未找到 64 位 Python 3.11,请先按“说明.txt”安装。
echo No 64-bit Python 3.11 was found: see README.txt.
pause
exit /b 1
:failed
echo 安装失败,请把以上文字发给支持人员。 It failed: pass on what stands above.
pause
exit /b 1
