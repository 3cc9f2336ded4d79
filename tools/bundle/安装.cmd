@echo off
rem Installs landtool into .venv beside this file: no internet, no administrator.
rem Chinese text below is in code page 936, whatever the console was set to.
chcp 936 >nul
setlocal EnableExtensions DisableDelayedExpansion
pushd "%~dp0" || goto noplace
set "PYTHONUTF8=1"
rem The longest file inside .venv has 170 characters, and Windows takes 260.
if not "%CD:~75%"=="" goto toolong
set "PY="
set "PYARG="
set "CHECK=import sys; sys.exit(sys.version_info[:2] != (3, 11) or sys.maxsize < 2**32)"
call :try "py" "-3.11"
if not defined PY call :try "python" ""
if not defined PY call :try "%LOCALAPPDATA%\Programs\Python\Python311\python.exe" ""
if not defined PY call :try "%ProgramFiles%\Python311\python.exe" ""
if not defined PY goto nopython
echo 正在安装,约需两分钟... Installing, about two minutes...
"%PY%" %PYARG% -m venv .venv || goto failed
".venv\Scripts\python.exe" -m pip --isolated install --quiet --no-index --find-links wheels --no-deps --require-hashes -r requirements-win_amd64.txt || goto failed
".venv\Scripts\python.exe" -c "import landtool.cli" || goto failed
echo 安装完成,请双击“启动.cmd”。 Done. Now double-click the start script.
pause
exit /b 0
:try
"%~1" %~2 -c "%CHECK%" >nul 2>nul || exit /b 0
set "PY=%~1"
set "PYARG=%~2"
exit /b 0
:nopython
echo 未找到 64 位 Python 3.11,请先按“说明.txt”安装。
echo No 64-bit Python 3.11 was found: see README.txt.
pause
exit /b 1
:noplace
echo 无法进入本文件夹,请把它拷到本机硬盘上。 Copy this folder to a local disk first.
pause
exit /b 1
:toolong
echo 文件夹路径太长,请移到较短的位置,例如 D:\landtool。
echo The path of this folder is too long: move it to a shorter place such as D:\landtool
pause
exit /b 1
:failed
echo 安装失败,请把以上文字发给支持人员。 It failed: pass on what stands above.
pause
exit /b 1
