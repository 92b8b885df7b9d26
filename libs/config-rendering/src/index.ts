export { renderTemplate, type TemplateSource } from './template/render-template';
export { type RenderLimits } from './template/render-limits';
export { TemplateError, type TemplateErrorCode } from './template/template-error';
export { type TemplateValue } from './template/values/from-data';
export { BUILT_IN_FILES } from './volume/built-in-files';
export { renderVolume } from './volume/render-volume';
export { RenderingError, type RenderingErrorCode } from './volume/rendering.errors';
export { type MountedConnector, type VolumeEnvironment, type VolumeRequest } from './volume/volume-request';
export { VOLUME_BYTES_MAX } from './volume/volume-size';
