@echo off
rem Starts the app; a workspace folder may be dropped on this file.
rem Chinese text below is in code page 936, whatever the console was set to.
chcp 936 >nul
setlocal EnableExtensions DisableDelayedExpansion
set "WORKSPACE=%~1"
pushd "%~dp0" || goto missing
set "PYTHONUTF8=1"
if not exist ".venv\Scripts\python.exe" goto missing
echo 浏览器将自动打开;关闭本窗口即退出。 The browser opens by itself; close this window to stop.
if defined WORKSPACE goto named
".venv\Scripts\python.exe" -m landtool.cli app --browser || goto failed
exit /b 0
:named
rem The dot keeps the last backslash of a drive from the quotation mark.
if exist "%WORKSPACE%\" set "WORKSPACE=%WORKSPACE%\."
".venv\Scripts\python.exe" -m landtool.cli app "%WORKSPACE%" --browser || goto failed
exit /b 0
:missing
echo 请先运行“安装.cmd”。 Run the install script first.
pause
exit /b 1
:failed
echo 未能启动,请看以上文字。 It did not start: see above.
pause
exit /b 1
