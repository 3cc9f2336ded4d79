@echo off
rem Starts the app; a workspace folder may be dropped on this file.
setlocal
cd /d "%~dp0"
set PYTHONUTF8=1
if not exist ".venv\Scripts\python.exe" goto missing
echo 浏览器将自动打开;关闭本窗口即退出。 The browser opens by itself; close this window to stop.
start "" /b cmd /c "timeout /t 6 /nobreak >nul & start http://127.0.0.1:8501/"
".venv\Scripts\python.exe" -m landtool.cli app %*
pause
exit /b 0
:missing
echo 请先运行“安装.cmd”。 Run the install script first.
pause
exit /b 1
