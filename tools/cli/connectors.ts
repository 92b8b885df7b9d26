#!/usr/bin/env node
import { runProcess } from './run-connectors';

void runProcess(process.cwd());
